import { COMMANDS, HEADER_LENGTH } from '../protocol';

const WITH_PASSWORD: ReadonlySet<number> = new Set(
  Object.values(COMMANDS)
    .filter(({ fields }) => fields.some(({ name }) => name === 'password'))
    .map(({ id }) => id),
);

/** A PDU as it is, but for the password of a bind or outbind: that reads `*` in a copy of the same length. */
export function withoutPassword(pdu: Buffer): Buffer {
  if (!WITH_PASSWORD.has(pdu.readUInt32BE(4))) return pdu;
  // system_id, then password: SMPP 3.4 sections 4.1 and 4.1.7.
  const start = pdu.indexOf(0, HEADER_LENGTH) + 1;
  if (start === 0) return pdu;
  const end = pdu.indexOf(0, start);
  const copy = Buffer.from(pdu);
  return copy.fill('*', start, end < 0 ? copy.length : end);
}
