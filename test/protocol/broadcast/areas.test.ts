import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  PduError,
  decodeBroadcastArea,
  encodeBroadcastArea,
  type BroadcastArea,
} from '../../../src/protocol';

const refuses = (area: unknown, expected: RegExp): void => {
  assert.throws(
    () => encodeBroadcastArea(area as BroadcastArea),
    (error) => {
      assert.ok(error instanceof PduError);
      assert.equal(error.field, 'broadcast_area_identifier');
      assert.match(error.message, expected);
      return true;
    },
  );
};

const point = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
});

describe('areas of broadcasts', () => {
  it('are aliases: a zero octet and the name', () => {
    assert.deepEqual(encodeBroadcastArea('Lyon'), Buffer.from('\0Lyon', 'latin1'));
    assert.deepEqual(
      encodeBroadcastArea({ format: 'alias', alias: 'Lyon' }),
      Buffer.from('\0Lyon', 'latin1'),
    );
    assert.deepEqual(decodeBroadcastArea(Buffer.from('\0Lyon\0', 'latin1')), {
      format: 'alias',
      alias: 'Lyon',
    });
  });

  it('are octets as they are', () => {
    assert.deepEqual(encodeBroadcastArea(Buffer.of(9, 1)), Buffer.of(9, 1));
    assert.deepEqual(decodeBroadcastArea(Buffer.of(9, 1)), { format: 'unknown', octets: Buffer.of(9, 1) });
  });

  it('are polygons, as TS 23.032 writes them', () => {
    const points = [
      [45, 90],
      [-45, -90],
      [0, 0],
    ];
    const octets = encodeBroadcastArea({ format: 'polygon', points } as never);
    assert.equal(octets.toString('hex'), '02' + '53' + '400000400000' + 'c00000c00000' + '000000000000');
  });

  it('are arcs, as TS 23.032 writes them', () => {
    const area: BroadcastArea = {
      format: 'ellipsoid_arc',
      latitude: 45,
      longitude: 90,
      inner_radius: 500,
      uncertainty_radius: 11,
      offset_angle: 90,
      included_angle: 180,
      confidence: 95,
    };
    const octets = encodeBroadcastArea(area);
    assert.equal(
      octets.toString('hex'),
      '01' + 'a0' + '400000' + '400000' + '0064' + '07' + '2d' + '59' + '5f',
    );
    const { uncertainty_radius, ...rest } = decodeBroadcastArea(octets) as typeof area;
    assert.ok(Math.abs(uncertainty_radius - 9.49) < 0.01);
    assert.deepEqual([rest.latitude, rest.longitude, rest.inner_radius], [45, 90, 500]);
    assert.deepEqual([rest.offset_angle, rest.included_angle, rest.confidence], [90, 180, 95]);
  });

  it('come back from their octets to within a step, and are written the same again', () => {
    const arc = fc.record({
      format: fc.constant('ellipsoid_arc' as const),
      latitude: fc.double({ min: -90, max: 90, noNaN: true }),
      longitude: fc.double({ min: -180, max: 180, noNaN: true }),
      inner_radius: fc.integer({ min: 0, max: 327_675 }),
      uncertainty_radius: fc.integer({ min: 0, max: 1_800_000 }),
      offset_angle: fc.integer({ min: 0, max: 360 }),
      included_angle: fc.integer({ min: 1, max: 360 }),
      confidence: fc.integer({ min: 0, max: 100 }),
    });
    const polygon = fc.record({
      format: fc.constant('polygon' as const),
      points: fc.array(point, { minLength: 3, maxLength: 15 }),
    });
    fc.assert(
      fc.property(fc.oneof(arc, polygon), (area) => {
        const octets = encodeBroadcastArea(area);
        assert.ok(octets.length <= 100);
        const read = decodeBroadcastArea(octets);
        assert.equal(read.format, area.format);
        assert.deepEqual(encodeBroadcastArea(read), octets);
        const corners = (one: object): { latitude: number; longitude: number }[] =>
          'points' in one ? (one.points as never) : ([one] as never);
        corners(area).forEach(({ latitude, longitude }, at) => {
          const { latitude: north, longitude: east } = corners(read)[at] ?? { latitude: 0, longitude: 0 };
          assert.ok(Math.abs(latitude - north) < 3e-5, `${latitude} ${north}`);
          assert.ok(Math.abs(longitude - east) < 5e-5, `${longitude} ${east}`);
        });
      }),
    );
  });

  it('of any octets are read, and are written as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (given) => {
        const octets = Buffer.from(given);
        const area = decodeBroadcastArea(octets);
        if (area.format !== 'alias') assert.ok(encodeBroadcastArea(area).length === octets.length);
      }),
    );
    const shape = fc
      .integer({ min: 3, max: 15 })
      .chain((count) =>
        fc
          .uint8Array({ minLength: count * 6, maxLength: count * 6 })
          .map((points) => Buffer.concat([Buffer.of(2, 0x50 | count), points])),
      );
    fc.assert(
      fc.property(shape, (octets) => {
        // -0 degrees of latitude is written as 0.
        for (let at = 2; at < octets.length; at += 6)
          if (octets.readUIntBE(at, 3) === 0x800000) octets.writeUIntBE(0, at, 3);
        assert.deepEqual(encodeBroadcastArea(decodeBroadcastArea(octets)), octets);
      }),
    );
  });

  it('that cannot be are refused, with what may be given', () => {
    refuses('', /alias ""; give 1 to 99 characters/);
    refuses('x'.repeat(100), /alias of 100 characters; give 1 to 99/);
    refuses('Łódź', /ISO-8859-1/);
    refuses({}, /has no format; give the name of an area as a text, or an object with format/);
    refuses({ format: 'circle' }, /has the format "circle"/);
    refuses(null, /has no format/);
    refuses(7, /has no format/);
    refuses({ format: 'polygon' }, /points undefined; give 3 to 15/);
    refuses({ format: 'polygon', points: [[1, 2]] }, /1 points; give 3 to 15/);
    refuses(
      {
        format: 'polygon',
        points: [
          [91, 2],
          [1, 2],
          [1, 2],
        ],
      },
      /latitude 91; give latitude from -90 to 90/,
    );
    refuses({ format: 'ellipsoid_arc', latitude: 1, longitude: 2 }, /has no uncertainty_radius/);
    refuses({ format: 'ellipsoid_arc', latitude: 'x', longitude: 2 }, /latitude "x"/);
  });
});
