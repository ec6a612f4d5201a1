import { describeStatus, type StatusDescription } from '../../protocol';
import { Refused, kind, type OptionKind } from './option-kinds';
import { readObject } from './structured-kinds';

/** What a sender does about a status that is a refusal. */
export type StatusTreatment = 'throttle' | 'retry' | 'fail';

/** Treatments that are not those of the table of statuses, by code. */
export type StatusPolicy = ReadonlyMap<number, StatusTreatment>;

const TREATMENTS: readonly unknown[] = ['throttle', 'retry', 'fail'];
const EXAMPLE = '{"ESME_RSUBMITFAIL": "fail", "0x00000401": "throttle"}';

/** `{status: treatment}`, statuses by name or number, or its JSON text. */
export const statusPolicy = (): OptionKind<StatusPolicy> =>
  kind<StatusPolicy>(new Map(), (given) => {
    const policy = new Map<number, StatusTreatment>();
    const all = readObject(given, `give a JSON object such as ${EXAMPLE}`);
    for (const [written, treatment] of Object.entries(all)) {
      const { name, code } = described(written.trim());
      if (!TREATMENTS.includes(treatment)) {
        const those = 'throttle (pause and send again), retry (send again later) or fail';
        throw new Refused(`give for ${name} one of ${those}, such as in ${EXAMPLE}`);
      }
      policy.set(code, treatment as StatusTreatment);
    }
    return policy;
  });

function described(written: string): StatusDescription {
  const status = describeStatus(/^\d+$/.test(written) ? Number(written) : written);
  if (status.code === 0) throw new Refused('ESME_ROK is no refusal: leave it out');
  if (status.code <= 0xffffffff) return status;
  throw new Refused(`${written} is no command_status: it has more than four octets`);
}
