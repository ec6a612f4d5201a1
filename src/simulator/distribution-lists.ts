import { resolveAddress } from '../text';
import type { Problem } from './errors';

/** The members of each distribution list, by its name. */
export type DistributionLists = Readonly<Record<string, readonly string[]>>;

/** Octets of the name of a list, without its NUL. */
const LONGEST_NAME = 20;
const MOST_MEMBERS = 1000;

/** What is wrong with lists; empty when all is well. */
export function listProblems(lists: unknown): Problem[] {
  const example = 'such as {"staff": ["447700900123", "447700900124"]}';
  if (typeof lists !== 'object' || lists === null || Array.isArray(lists))
    return [{ field: 'distributionLists', value: lists, remedy: `give an object of lists ${example}` }];
  return Object.entries(lists).flatMap(([name, members]) => {
    const problem = (value: unknown, remedy: string): Problem[] => [
      { field: `distributionLists.${name}`, value, remedy },
    ];
    if (!/^[\x20-\x7e]+$/.test(name) || name.length > LONGEST_NAME)
      return problem(name, `a name has 1 to ${LONGEST_NAME} ASCII characters`);
    if (!Array.isArray(members) || members.length > MOST_MEMBERS)
      return problem(members, `give at most ${MOST_MEMBERS} numbers ${example}`);
    const wrong: unknown = members.find((one) => !isNumber(one));
    return wrong === undefined ? [] : problem(wrong, `give numbers as texts ${example}`);
  });
}

function isNumber(one: unknown): boolean {
  try {
    return typeof one === 'string' && resolveAddress(one, { role: 'destination' }).addr !== '';
  } catch {
    return false;
  }
}
