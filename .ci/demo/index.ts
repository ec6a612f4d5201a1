/**
 * What `npm start` runs: a Node-RED with this package and an example flow in it, told of in human words. Not part
 * of the published package.
 */
export { startDemo, type Demo, type DemoOptions } from './demo';
export { sendOnce, type Delivered } from './once';
export { DemoError } from './ports';
