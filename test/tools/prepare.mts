/** Installs the built package in a folder, for tests that run concurrently: see `builtPackage.mts`. */
import { installInto } from '../harness/n8n/builtPackage.mts';
import { exitOnSignals } from '../harness/processes.mts';

const [, , folder] = process.argv;
if (folder === undefined) throw new Error('Usage: npm run test:prepare -- FOLDER (the folder in which to install the package)');
exitOnSignals();
await installInto(folder);
