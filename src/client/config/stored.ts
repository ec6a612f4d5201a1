export type Fields = Readonly<Record<string, unknown>>;

export const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** What comes from a store may be anything: what cannot be read has no fields. */
export function storedFields(stored: Buffer): Fields {
  try {
    return Object(JSON.parse(stored.toString())) as Fields;
  } catch {
    return {};
  }
}
