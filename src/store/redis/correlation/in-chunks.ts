/** Runs what drops at most `chunk`, up to `chunks` times, until it drops fewer. Resolves with how many it has dropped. */
export async function dropInChunks(
  drop: (most: number) => Promise<unknown>,
  chunk: number,
  chunks: number,
): Promise<number> {
  let dropped = 0;
  for (let left = chunks; left > 0; left--) {
    const some = Number(await drop(chunk));
    dropped += some;
    if (some < chunk) break;
  }
  return dropped;
}
