/**
 * Data structures that several rooms use; they know nothing of SMPP.
 */
export { BoundedMap } from './bounded-map';
export { Fifo } from './fifo';
export { Heap } from './heap';
export { KeyedMutex } from './keyed-mutex';
export { LinkedList, LinkedMap, type Link } from './linked-list';
