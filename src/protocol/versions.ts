/** The values of interface_version (SMPP 5.0 section 4.7.13), by the names of the versions. */
export const INTERFACE_VERSIONS = { '3.3': 0x33, '3.4': 0x34, '5.0': 0x50 } as const;

/** The newest of them. */
export const NEWEST_VERSION = 0x50;

/** Whether a peer of this interface_version understands TLVs: they came with SMPP 3.4. */
export function takesTlvs(version: number): boolean {
  return version >= INTERFACE_VERSIONS['3.4'];
}

/** `3.4` for 0x34. */
export function versionName(version: number): string {
  return `${version >> 4}.${version & 0x0f}`;
}
