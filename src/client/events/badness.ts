/** From best to worst; what is not listed is worst. */
const STATES = 'DELIVRD ACCEPTD ENROUTE SCHEDULED SKIPPED UNKNOWN DELETED EXPIRED REJECTD UNDELIV'.split(' ');

/** How bad a state of a message is: the more, the worse. */
export const badness = (state: string): number =>
  STATES.includes(state) ? STATES.indexOf(state) : STATES.length;
