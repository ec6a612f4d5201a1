import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { forEachNodeRed, sharedRuntime } from '../support/runtime';

interface Bcrypt {
  hashSync(password: string, rounds: number): string;
}
const required = createRequire(require.resolve('node-red'));
const { hashSync } = required('bcryptjs') as Bcrypt;
const NODES = join(__dirname, '..', '..', 'nodes');

const USERS = {
  writer: '*',
  reader: 'read',
  'reader of ours': ['smpp-config.read', 'smpp.metrics.read', 'smpp.health.read'],
  stranger: 'library.read',
};
const password = (username: string): string => `secret of ${username}`;

/** All that the package serves beside what Node-RED serves for every package. */
const ROUTES = ['smpp/metrics', 'smpp/health', 'smpp/health/:connection', 'smpp-config/plugins'];
/** What whoever is let in gets; no connection has that name. */
const FOUND: Readonly<Record<string, number>> = { 'smpp/health/:connection': 404 };

forEachNodeRed('The routes of the package, where Node-RED asks who is there', (kind) => {
  const runtime = sharedRuntime(kind, {
    settings: {
      adminAuth: {
        type: 'credentials',
        users: Object.entries(USERS).map(([username, permissions]) => ({
          username,
          password: hashSync(password(username), 4),
          permissions,
        })),
      },
    },
  });

  async function token(username: string): Promise<string> {
    const response = await fetch(`${runtime().url}auth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: 'node-red-admin',
        grant_type: 'password',
        scope: '',
        username,
        password: password(username),
      }),
    });
    const { access_token } = (await response.json()) as { access_token?: string };
    assert.ok(access_token !== undefined, `${username} got no token: ${response.status}`);
    return access_token;
  }

  async function statusOf(route: string, method: string, bearer?: string): Promise<number> {
    const headers: Record<string, string> = bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` };
    const response = await fetch(`${runtime().url}${route}`, { method, headers });
    await response.arrayBuffer();
    return response.status;
  }

  for (const route of ROUTES) {
    it(`${route} is closed to whoever has no token, or a wrong one`, async () => {
      assert.equal(await statusOf(route, 'GET'), 401);
      assert.equal(await statusOf(route, 'GET', 'not-a-token'), 401);
      assert.equal(await statusOf(`${route}?access_token=not-a-token`, 'GET'), 401);
    });
    it(`${route} is closed to who may do something else`, async () => {
      assert.equal(await statusOf(route, 'GET', await token('stranger')), 401);
    });
    it(`${route} is open to a reader and to a writer, and takes nothing from either`, async () => {
      for (const username of ['reader', 'reader of ours', 'writer']) {
        const bearer = await token(username);
        assert.equal(await statusOf(route, 'GET', bearer), FOUND[route] ?? 200, username);
        for (const method of ['POST', 'PUT', 'DELETE']) {
          assert.equal(await statusOf(route, method, bearer), 404, `${method} by ${username}`);
        }
      }
    });
  }
});

describe('What the nodes serve', () => {
  const sources = readdirSync(NODES)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => [file, readFileSync(join(NODES, file), 'utf8')] as const);

  it('asks for a permission on each route, and each is tried above', () => {
    const routes = sources.flatMap(([file, text]) =>
      [...text.matchAll(/httpAdmin\s*\.\s*(\w+)\(\s*'([^']*)',\s*(\S+)/g)].map(
        ([, , path = '', guard = '']) => {
          assert.match(guard, /needsPermission/, `${file}: ${path}`);
          return path.slice(1);
        },
      ),
    );
    assert.deepEqual(routes, ROUTES);
    const mentions = sources.flatMap(([, text]) => [...text.matchAll(/httpAdmin\b/g)]);
    assert.equal(mentions.length, ROUTES.length);
  });
  it('is on the side of http-in nodes, which everybody reaches, behind a token', () => {
    const routes = sources.flatMap(([, text]) => [...text.matchAll(/httpNode\s*\.\s*\w+\(.*/g)]);
    assert.equal(routes.length, 2);
    for (const [route] of routes) assert.match(route, /, guard, \w+\);$/);
  });
});
