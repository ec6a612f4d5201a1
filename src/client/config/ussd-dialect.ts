import { TlvTable, USSD_DIALECTS, readUssdDialect, type UssdDialect } from '../../protocol';
import { encodingName } from '../../text';
import type { Problem } from './errors';
import { Refused, kind, type OptionKind } from './option-kinds';

/** The way of a carrier's USSD gateway: a name, or an object (or its JSON text) of what is other than in one. */
export const ussdDialect = (): OptionKind<UssdDialect> =>
  kind<UssdDialect>(USSD_DIALECTS.standard, (given) => {
    const read = readUssdDialect(given);
    if ('remedy' in read) throw new Refused(read.remedy);
    const codings = Object.entries(read.value.dataCodings);
    const [number, name] = codings.find(([, one]) => encodingName(one) === undefined) ?? [];
    if (name !== undefined)
      throw new Refused(
        `dataCodings.${number}: there is no encoding ${name}; give one such as gsm0338 or ucs2`,
      );
    return read.value;
  });

const STANDARD = new TlvTable();

/** TLVs of a dialect that neither the specification nor vendorTlvs names. */
export function ussdProblems({
  ussdDialect: { session, endFlag },
  vendorTlvs = STANDARD,
}: {
  readonly ussdDialect: UssdDialect;
  readonly vendorTlvs: TlvTable | undefined;
}): Problem[] {
  const used = [
    ...session.map(({ tlv }) => ['session', tlv]),
    ...(endFlag ? [['endFlag', endFlag.tlv]] : []),
  ];
  const remedy = 'there is no such TLV; give a name, also one of vendorTlvs, or a tag such as 0x1501';
  return used
    .filter(([, tlv = '']) => vendorTlvs.named(tlv) === undefined)
    .map(([field = '', value]) => ({ field: `ussdDialect.${field}`, value, remedy }));
}
