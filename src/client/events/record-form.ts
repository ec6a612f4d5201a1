/** As much of a record is shown. */
const MOST_OCTETS = 4096;

/** A record of another program, as people see it. */
export interface ShownRecord {
  /** Its text, or where it is no UTF-8 `{hex}`. */
  record: string | { hex: string };
  /** Octets of all of it. */
  record_length: number;
  /** Only the first 4096 octets of it are shown. */
  record_cut?: true;
}

export function shownRecord(octets: Buffer): ShownRecord {
  const isCut = octets.length > MOST_OCTETS;
  const shown = octets.subarray(0, MOST_OCTETS);
  return {
    record: textOf(shown, isCut) ?? { hex: shown.toString('hex') },
    record_length: octets.length,
    ...(isCut ? { record_cut: true } : {}),
  };
}

function textOf(octets: Buffer, isCut: boolean): string | undefined {
  try {
    // A character that was cut through is left out.
    return new TextDecoder('utf-8', { fatal: true }).decode(octets, { stream: isCut });
  } catch {
    return undefined;
  }
}
