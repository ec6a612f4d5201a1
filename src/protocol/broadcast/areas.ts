import { given, refused } from './values';

/** Degrees: north and east of zero are positive. */
export interface GeoPoint {
  /** -90 to 90. */
  latitude: number;
  /** -180 up to 180. */
  longitude: number;
}

/**
 * An area that a message is broadcast to, the value of one broadcast_area_identifier (SMPP 5.0 section 4.8.4.4). The
 * shapes are those of 3GPP TS 23.032, sections 7.3.4 and 7.3.7.
 */
export type BroadcastArea =
  | {
      /** An area that the message centre knows by name. */
      format: 'alias';
      /** 1 to 99 characters of ISO-8859-1. */
      alias: string;
    }
  | (GeoPoint & {
      /** A part of a ring around a point. */
      format: 'ellipsoid_arc';
      /** Metres from the point to the ring, 0 to 327,675 in steps of 5. */
      inner_radius: number;
      /** Metres across the ring, 0 to 1.8 million, in 128 steps that grow by a tenth. */
      uncertainty_radius: number;
      /** Degrees, clockwise from north, where the part begins: 0 up to 360, in steps of 2. */
      offset_angle: number;
      /** Degrees that the part spans: 2 to 360, in steps of 2. */
      included_angle: number;
      /** How sure it is, in percent; 0: nothing is said of that. */
      confidence: number;
    })
  | {
      format: 'polygon';
      /** 3 to 15 corners, in their order. */
      points: GeoPoint[];
    }
  | {
      /** What is of another format, or is not written as its format has it. */
      format: 'unknown';
      /** All of it, the octet of the format first. */
      octets: Buffer;
    };

const FIELD = 'broadcast_area_identifier';
/** Octets of one area with that of the format: 5.0 section 4.8.4.4. */
const MOST_OCTETS = 100;
/** Section 4.8.4.4.1. */
const FORMATS = { alias: 0, ellipsoid_arc: 1, polygon: 2 } as const;
/** TS 23.032 section 7.1: the kind of shape, in the upper half of its first octet. */
const POLYGON_SHAPE = 0x50;
const ARC_SHAPE = 0xa0;
const FEWEST_POINTS = 3;
const MOST_POINTS = 15;
const POINT_OCTETS = 6;
const ARC_OCTETS = 1 + POINT_OCTETS + 6;

/** Section 6.1: so many steps to a quarter turn of latitude, and to a full one of longitude. */
const LATITUDE_STEPS = 2 ** 23;
const LONGITUDE_STEPS = 2 ** 24;
const RADIUS_STEP = 5;
/** Section 6.2: r = C × ((1 + x)^K − 1). */
const UNCERTAINTY = { c: 10, x: 0.1, most: 127 } as const;

/**
 * The octets of one area. A text is an alias, octets are taken as they are.
 *
 * @throws {PduError} `INVALID_TLV` with what is wrong and what may be given.
 */
export function encodeBroadcastArea(area: BroadcastArea | string | Uint8Array): Buffer {
  if (typeof area === 'string') return alias(area);
  if (area instanceof Uint8Array) return Buffer.from(area);
  const { format } = Object(area) as { format?: unknown };
  if (format === 'alias') return alias((area as { alias?: unknown }).alias);
  if (format === 'ellipsoid_arc') return arc(area as unknown as Fields);
  if (format === 'polygon') return polygon(area as { points?: unknown });
  const octets: unknown = (area as { octets?: unknown } | null)?.octets;
  if (octets instanceof Uint8Array) return Buffer.from(octets);
  throw wrong(
    format === undefined ? `${given(area)} has no format` : `has the format ${given(format)}`,
    'give the name of an area as a text, or an object with format alias, ellipsoid_arc or polygon',
  );
}

/** An area from its octets. Never throws: what is not understood is `unknown`. */
export function decodeBroadcastArea(octets: Buffer): BroadcastArea {
  const area = read(octets);
  return area ?? { format: 'unknown', octets };
}

function read(octets: Buffer): BroadcastArea | undefined {
  const [format, shape = 0] = octets;
  if (format === FORMATS.alias) {
    // Some peers end it as a C-octet string.
    const text = octets.toString('latin1', 1).replace(/\0$/, '');
    return text === '' ? undefined : { format: 'alias', alias: text };
  }
  if (format === FORMATS.polygon && (shape & 0xf0) === POLYGON_SHAPE) {
    const count = shape & 0x0f;
    if (count < FEWEST_POINTS || octets.length !== 2 + count * POINT_OCTETS) return undefined;
    const points = Array.from({ length: count }, (_, at) => pointAt(octets, 2 + at * POINT_OCTETS));
    return { format: 'polygon', points };
  }
  if (format !== FORMATS.ellipsoid_arc || shape !== ARC_SHAPE || octets.length !== 1 + ARC_OCTETS)
    return undefined;
  const { c, x } = UNCERTAINTY;
  return {
    format: 'ellipsoid_arc',
    ...pointAt(octets, 2),
    inner_radius: octets.readUInt16BE(8) * RADIUS_STEP,
    uncertainty_radius: rounded(c * ((1 + x) ** (octets.readUInt8(10) & 0x7f) - 1), 2),
    offset_angle: octets.readUInt8(11) * 2,
    included_angle: (octets.readUInt8(12) + 1) * 2,
    confidence: octets.readUInt8(13) & 0x7f,
  };
}

type Fields = Readonly<Record<string, unknown>>;

function alias(text: unknown): Buffer {
  const forms = `give 1 to ${MOST_OCTETS - 1} characters of ISO-8859-1`;
  if (typeof text !== 'string' || text === '') throw wrong(`has the alias ${given(text)}`, forms);
  if (text.length >= MOST_OCTETS) throw wrong(`has an alias of ${text.length} characters`, forms);
  if (/[^\x01-\xff]/.test(text)) throw wrong(`has the alias ${given(text)}`, forms);
  return Buffer.concat([Buffer.of(FORMATS.alias), Buffer.from(text, 'latin1')]);
}

function arc(area: Fields): Buffer {
  const octets = Buffer.alloc(1 + ARC_OCTETS);
  octets.set([FORMATS.ellipsoid_arc, ARC_SHAPE]);
  putPoint(area, octets, 2);
  const number = (name: string, least: number, most: number, otherwise?: number): number =>
    numberIn(area, name, least, most, otherwise);
  octets.writeUInt16BE(floor(number('inner_radius', 0, 327_675, 0) / RADIUS_STEP), 8);
  const { c, x, most } = UNCERTAINTY;
  const widest = c * ((1 + x) ** most - 1);
  const steps = Math.log(number('uncertainty_radius', 0, widest) / c + 1) / Math.log(1 + x);
  octets[10] = Math.min(most, Math.floor(steps + 0.01));
  octets[11] = floor((number('offset_angle', 0, 360, 0) % 360) / 2);
  octets[12] = Math.max(0, Math.ceil(number('included_angle', 0, 360, 360) / 2 - TOLERANCE) - 1);
  octets[13] = Math.round(number('confidence', 0, 100, 0));
  return octets;
}

function polygon({ points }: { points?: unknown }): Buffer {
  if (!Array.isArray(points) || points.length < FEWEST_POINTS || points.length > MOST_POINTS) {
    const what = Array.isArray(points) ? `${points.length} points` : `the points ${given(points)}`;
    throw wrong(
      `is a polygon of ${what}`,
      `give ${FEWEST_POINTS} to ${MOST_POINTS} of {latitude, longitude}`,
    );
  }
  const octets = Buffer.alloc(2 + points.length * POINT_OCTETS);
  octets.set([FORMATS.polygon, POLYGON_SHAPE | points.length]);
  points.forEach((point: unknown, at) => putPoint(pointOf(point), octets, 2 + at * POINT_OCTETS));
  return octets;
}

/** As an object, or as [latitude, longitude]. */
function pointOf(point: unknown): Fields {
  if (Array.isArray(point) && point.length === 2) return { latitude: point[0], longitude: point[1] };
  return Object(point) as Fields;
}

/** TS 23.032 section 6.1: a sign and 23 bits of latitude, and 24 bits of longitude in two's complement. */
function putPoint(point: Fields, octets: Buffer, at: number): void {
  const latitude = numberIn(point, 'latitude', -90, 90);
  const longitude = numberIn(point, 'longitude', -180, 180);
  const steps = Math.min(LATITUDE_STEPS - 1, floor((Math.abs(latitude) / 90) * LATITUDE_STEPS));
  octets.writeUIntBE(steps + (latitude < 0 && steps > 0 ? LATITUDE_STEPS : 0), at, 3);
  const east = floor((longitude / 360) * LONGITUDE_STEPS);
  octets.writeIntBE(Math.min(LONGITUDE_STEPS / 2 - 1, east), at + 3, 3);
}

function pointAt(octets: Buffer, at: number): GeoPoint {
  const bits = octets.readUIntBE(at, 3);
  const latitude = ((bits % LATITUDE_STEPS) / LATITUDE_STEPS) * 90;
  const longitude = (octets.readIntBE(at + 3, 3) / LONGITUDE_STEPS) * 360;
  return {
    latitude: rounded(bits >= LATITUDE_STEPS ? -latitude : latitude, 7),
    longitude: rounded(longitude, 7),
  };
}

/** Of a step: so much do the rounded numbers that {@link decodeBroadcastArea} gives lie below those that were sent. */
const TOLERANCE = 0.01;
const floor = (value: number): number => Math.floor(value + TOLERANCE);

function rounded(value: number, digits: number): number {
  const number = Number(value.toFixed(digits));
  return number === 0 ? 0 : number;
}

function numberIn(from: Fields, name: string, least: number, most: number, otherwise?: number): number {
  const value = from[name] ?? otherwise;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && number >= least && number <= most) return number;
  const range = `${least} to ${rounded(most, 0)}`;
  throw wrong(
    value === undefined ? `has no ${name}` : `has the ${name} ${given(value)}`,
    `give ${name} from ${range}`,
  );
}

function wrong(what: string, remedy: string): Error {
  return refused(FIELD, `${what}; ${remedy}`, 'ESME_RINVBCASTAREAFMT');
}
