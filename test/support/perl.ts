import { spawnSync } from 'node:child_process';

/** The perl that has Net::SMPP; undefined where there is none. */
export function perlWithNetSmpp(): string | undefined {
  const { status } = spawnSync('perl', ['-MNet::SMPP', '-e', '1'], { stdio: 'ignore' });
  return status === 0 ? 'perl' : undefined;
}
