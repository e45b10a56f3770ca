import assert from "node:assert/strict";
import { mayAsk, rangeOf } from "../../../src/client/http/address.ts";

const inner = [
  "127.0.0.1",
  "127.255.255.254",
  "10.0.0.7",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "169.254.169.254",
  "100.64.0.1",
  "0.0.0.0",
  "224.0.0.1",
  "255.255.255.255",
  "::1",
  "::",
  "fe80::1",
  "fe80::1%eth0",
  "fc00::1",
  "fd12:3456::1",
  "ff02::1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "0:0:0:0:0:ffff:a00:1",
  "::127.0.0.1",
  "64:ff9b::7f00:1",
  "2002:7f00:1::",
  "2001:db8::1",
  "2001::1",
];
const open = [
  "93.184.216.34",
  "172.15.255.255",
  "172.32.0.1",
  "8.8.8.8",
  "100.128.0.1",
  "2606:4700::1111",
  "2a00:1450:4001::1",
  "::ffff:8.8.8.8",
];

Deno.test("addresses of inner networks may not be asked, others may", () => {
  for (const address of inner) assert.equal(mayAsk(address, []), false, address);
  for (const address of open) assert.equal(mayAsk(address, []), true, address);
});

Deno.test("what is no address may not be asked", () => {
  for (
    const text of [
      "",
      "localhost",
      "1.2.3",
      "1.2.3.4.5",
      "256.1.1.1",
      "1::2::3",
      "12345::",
      "1:2:3:4:5:6:7:8:9",
      "2130706433",
    ]
  ) {
    assert.equal(mayAsk(text, []), false, text);
  }
});

Deno.test("addresses and ranges that are allowed may be asked, with those beside them they may not", () => {
  const allowed = ["127.0.0.1", "10.1.0.0/16", "fd00::/8"].map(rangeOf);
  for (const address of ["127.0.0.1", "10.1.255.1", "fd12::1", "::ffff:127.0.0.1"]) {
    assert.equal(mayAsk(address, allowed), true, address);
  }
  for (const address of ["127.0.0.2", "10.2.0.1", "fc00::1", "::1"]) {
    assert.equal(mayAsk(address, allowed), false, address);
  }
});

Deno.test("a range that is none is refused", () => {
  for (const text of ["", "all", "10.0.0.0/33", "10.0.0.0/8/8", "10.0.0.0/x", "::1/129", "10.0.0"]) {
    assert.throws(() => rangeOf(text), /is no address and no range/, text);
  }
});
