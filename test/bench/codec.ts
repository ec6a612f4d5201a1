/** How fast octets become PDUs and receipts and the other way round; `own` or `node-smpp`, of which task. Sends CPU seconds. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Protocol from '../../src/protocol';
import type * as Text from '../../src/text';
import { DESTINATION, SOURCE, TEXT } from './contenders/types';

interface Peer {
  readonly PDU: (new (command: string, fields: object) => { toBuffer(): Buffer }) & {
    fromBuffer(octets: Buffer): { short_message: { message: string } };
  };
}

// As they are shipped: compiled.
const load = createRequire(__filename);
const dist = join(__dirname, '../../dist/src');
const { decodePdu, encodePdu } = load(join(dist, 'protocol')) as typeof Protocol;
const { parseReceipt } = load(join(dist, 'text')) as typeof Text;
const { PDU } = load('smpp') as Peer;

const COMMON = { source_addr: SOURCE, destination_addr: DESTINATION, registered_delivery: 1, data_coding: 0 };
const SHORT_MESSAGE = Buffer.from(TEXT, 'latin1');
const RECEIPT = Buffer.from(
  `id:0123456789 sub:001 dlvrd:001 submit date:2607011200 done date:2607011201 stat:DELIVRD err:000 text:${TEXT.slice(0, 20)}`,
);
const submit = encodePdu({
  command: 'submit_sm',
  sequence_number: 7,
  ...COMMON,
  short_message: SHORT_MESSAGE,
});
const deliver = encodePdu({
  command: 'deliver_sm',
  sequence_number: 7,
  esm_class: 4,
  source_addr: DESTINATION,
  destination_addr: SOURCE,
  short_message: RECEIPT,
});

const field = (name: string): RegExp => new RegExp(`${name}:(\\S*)`);
const [ID, STATE, ERROR] = [field('id'), field('stat'), field('err')];

/** npm `smpp` leaves the text of a receipt to who uses it: the least that this can be. */
function peerReceipt(): unknown {
  const text = PDU.fromBuffer(deliver).short_message.message;
  return [ID.exec(text)?.[1], STATE.exec(text)?.[1], ERROR.exec(text)?.[1]];
}

function ownReceipt(): unknown {
  const pdu = decodePdu(deliver) as Protocol.PduOf<'deliver_sm'>;
  return parseReceipt(pdu.short_message, pdu.tlvs, {
    esm_class: pdu.esm_class,
    data_coding: pdu.data_coding,
  });
}

let sequence = 1;
const fields = { ...COMMON, short_message: SHORT_MESSAGE };
const TASKS: Record<string, Record<string, () => unknown>> = {
  own: {
    encode: () => encodePdu({ command: 'submit_sm', sequence_number: sequence++, ...fields }),
    decode: () => decodePdu(submit),
    receipt: ownReceipt,
  },
  'node-smpp': {
    encode: () => new PDU('submit_sm', { sequence_number: sequence++, ...fields }).toBuffer(),
    decode: () => PDU.fromBuffer(submit),
    receipt: peerReceipt,
  },
};

const [contender = '', task = '', count = '0'] = process.argv.slice(2);
const run = TASKS[contender]?.[task];
if (!run) throw new Error(`there is no ${contender} ${task}`);
let last: unknown;
for (let n = 0; n < Number(count) / 4; n++) last = run();
const before = process.cpuUsage();
for (let n = 0; n < Number(count); n++) last = run();
const { user, system } = process.cpuUsage(before);
process.send?.({ cpuSeconds: (user + system) / 1e6, ended: last !== undefined }, () => process.exit());
