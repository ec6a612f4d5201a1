import { statusCode, type DestAddress, type UnsuccessSme } from '../protocol';
import { resolveAddress } from '../text';
import type { SubmitPdu } from './content';
import type { SmscContext } from './context';
import type { DistributionLists } from './distribution-lists';
import type { Recipient } from './message-store';

/** Whom a submit is for. */
export interface Destinations {
  /** Those that it is taken for, members of lists among them, each once. */
  readonly recipients: readonly Recipient[];
  /** Of submit_multi: the others. */
  readonly unsuccess: readonly UnsuccessSme[];
}

const NONE: readonly UnsuccessSme[] = [];

/** Those of any submit; of submit_multi the lists are looked up, and what a rule refuses is left out. */
export function destinationsOf(pdu: SubmitPdu, smsc: SmscContext): Destinations {
  if ('dest_address' in pdu) return ofMany(pdu.dest_address, smsc);
  if (!('destination_addr' in pdu)) return { recipients: [], unsuccess: NONE };
  const { dest_addr_ton, dest_addr_npi, destination_addr } = pdu;
  return { recipients: [{ dest_addr_ton, dest_addr_npi, destination_addr }], unsuccess: NONE };
}

function ofMany(given: readonly DestAddress[], smsc: SmscContext): Destinations {
  const recipients = new Map<string, Recipient>();
  const unsuccess = new Map<string, UnsuccessSme>();
  for (const one of given) {
    const members = one.dest_flag === 2 ? membersOf(one.dl_name, smsc) : [one];
    if (!members) {
      const name = {
        dest_addr_ton: 0,
        dest_addr_npi: 0,
        destination_addr: (one as { dl_name: string }).dl_name,
      };
      unsuccess.set(`list ${name.destination_addr}`, refused(name, statusCode('ESME_RINVDLNAME')));
    }
    for (const recipient of members ?? []) {
      const { destination_addr: address } = recipient;
      if (recipients.has(address) || unsuccess.has(address)) continue;
      const status = flawOf(address) ?? smsc.faults.onDestination(address.replace(/^\+/, ''));
      if (status === undefined) recipients.set(address, recipient);
      else unsuccess.set(address, refused(recipient, status));
    }
  }
  return { recipients: [...recipients.values()], unsuccess: [...unsuccess.values()] };
}

/** Undefined: there is no such list. */
function membersOf(name: string, { settings }: SmscContext): readonly Recipient[] | undefined {
  const lists: DistributionLists = settings.distributionLists;
  if (!Object.hasOwn(lists, name)) return undefined;
  return lists[name]?.map((number) => {
    const { addr, ton, npi } = resolveAddress(number, { role: 'destination' });
    return { dest_addr_ton: ton, dest_addr_npi: npi, destination_addr: addr };
  });
}

function refused({ dest_addr_ton, dest_addr_npi, destination_addr }: Recipient, status = 0): UnsuccessSme {
  return { dest_addr_ton, dest_addr_npi, destination_addr, error_status_code: status };
}

const flawOf = (address: string): number | undefined =>
  address === '' || !isAddress(address) ? statusCode('ESME_RINVDSTADR') : undefined;

/** Decoding takes more than the specification allows; a receipt could not name such an address. */
export function isAddress(address: string): boolean {
  return /^[\x20-\x7e]{0,64}$/.test(address);
}
