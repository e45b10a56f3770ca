import { listOf } from "../model/format.ts";

/** Attributes, and text or nodes as children. Values reach the page as text or attributes alone, never as markup or style. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for SVG. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Writes only what differs: text that stays costs no layout. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string | null): void {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

/** An attribute that is on when it is there, unless it says "false"; `fallback` when it is not. */
export function flag(element: Element, name: string, fallback: boolean): boolean {
  const value = element.getAttribute(name);
  return value === null ? fallback : value !== "false";
}

/** A whole number of an attribute between bounds; `fallback` when it is not there or none. */
export function integer(element: Element, name: string, fallback: number, least: number, most: number): number {
  const value = Number(element.getAttribute(name) || NaN);
  return Number.isInteger(value) ? Math.min(most, Math.max(least, value)) : fallback;
}

/** The names of a list with commas; empty when the attribute is not there. */
export function names(element: Element, name: string): string[] {
  return listOf(element.getAttribute(name) ?? "");
}

/** Tells the width and height of an element's inside when they change, so that nobody asks the layout for them while drawing. */
export function watchSize(element: Element, changed: (width: number, height: number) => void): void {
  new ResizeObserver(([{ contentRect }]) => changed(contentRect.width, contentRect.height)).observe(element);
}

/** Whether the reader asked for less motion. */
export function prefersStillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
