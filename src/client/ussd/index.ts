/** USSD dialogues: tracked from their first message to their end, kept in the store, answered in turn. */
export { Dialogues, type Heard, type UssdMessage } from './dialogues';
