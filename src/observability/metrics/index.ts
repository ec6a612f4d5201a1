/**
 * Metrics for Prometheus: what there is (families.ts), what is counted on the way (plain numbers), and how it becomes
 * an exposition when a scrape asks for it.
 */
export { Counts, OTHER } from './counts';
export {
  DELIVERY,
  FAMILIES,
  ROUND_TRIP,
  type Family,
  type FamilyName,
  type HistogramName,
  type ValueName,
} from './families';
export { Histogram } from './histogram';
export { Metrics } from './metrics';
export type { Collector, Labels, Sink } from './sink';
