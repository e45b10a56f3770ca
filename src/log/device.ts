export { type Device as LogDevice, type DeviceFile as LogFile, isFull } from "../core/device.ts";
