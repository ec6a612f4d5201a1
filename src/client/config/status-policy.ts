import { describeStatus, type StatusDescription } from '../../protocol';
import { parsed, type OptionKind } from './option-kinds';

/** What a sender does about a status that is a refusal. */
export type StatusTreatment = 'throttle' | 'retry' | 'fail';

/** Treatments that are not those of the table of statuses, by code. */
export type StatusPolicy = ReadonlyMap<number, StatusTreatment>;

const TREATMENTS: readonly unknown[] = ['throttle', 'retry', 'fail'];
const EXAMPLE = '{"ESME_RSUBMITFAIL": "fail", "0x00000401": "throttle"}';

/** `{status: treatment}`, statuses by name or number, or its JSON text. */
export function statusPolicy(): OptionKind<StatusPolicy> {
  return {
    fallback: new Map(),
    check(given) {
      const value = parsed(given);
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return { remedy: `give a JSON object such as ${EXAMPLE}` };
      const policy = new Map<number, StatusTreatment>();
      for (const [written, treatment] of Object.entries(value)) {
        const status = described(written.trim());
        if (typeof status === 'string') return { remedy: status };
        if (!TREATMENTS.includes(treatment)) {
          const remedy = `throttle (pause and send again), retry (send again later) or fail`;
          return { remedy: `give for ${status.name} one of ${remedy}, such as in ${EXAMPLE}` };
        }
        policy.set(status.code, treatment as StatusTreatment);
      }
      return { value: policy };
    },
  };
}

/** The status, or what to do about it. */
function described(written: string): StatusDescription | string {
  try {
    const status = describeStatus(/^\d+$/.test(written) ? Number(written) : written);
    if (status.code === 0) return 'ESME_ROK is no refusal: leave it out';
    return status.code <= 0xffffffff
      ? status
      : `${written} is no command_status: it has more than four octets`;
  } catch (error) {
    return (error as Error).message;
  }
}
