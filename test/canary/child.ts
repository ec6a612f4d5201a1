// Plays all scenes with a log on standard output, as it is where nobody asks for another.
import { play } from './scenes';

void play({ client: { logLevel: 'trace' } });
