import type { KeyValueState } from '../../../store';
import { importParts, type MessagePart } from '../../../text';

/** Where a client that has its store alone keeps parts that wait. */
export const LOCAL = 'reassembly:';

/** Takes up what such a client left, by a store whose facts were moved: each part is given to `add`, then dropped. */
export async function adoptLocal(
  state: KeyValueState,
  add: (part: MessagePart) => Promise<void>,
): Promise<void> {
  for (const [key, value] of await state.list(LOCAL)) {
    for (const part of partsOf(value)) await add(part);
    await state.delete([key]);
  }
}

function partsOf(stored: Buffer): MessagePart[] {
  try {
    return importParts((JSON.parse(stored.toString()) as { parts?: unknown }).parts);
  } catch {
    return [];
  }
}
