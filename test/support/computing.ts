/** A watch for what this process computes, in milliseconds: however little of the machine it gets, it says the same. */
export function computing(): () => number {
  const started = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(started);
    return (user + system) / 1000;
  };
}
