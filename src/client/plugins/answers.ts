import { partFailed, type PartFaults } from './part-faults';
import { LONGEST_ANSWER } from './unanswered';

/** As what a part was asked for, or rejects where that takes too long. */
export function answered<T>(
  faults: Pick<PartFaults, 'deadlines'>,
  part: string,
  method: string,
  asked: PromiseLike<T> | T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = new Error(`no answer within ${LONGEST_ANSWER / 1000} s`);
    const inTime = faults.deadlines.after(LONGEST_ANSWER, () => reject(partFailed(part, method, late)));
    Promise.resolve(asked).then(resolve, reject).finally(inTime);
  });
}
