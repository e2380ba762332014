/** Installs the built package into the folder given, for tests that run side by side: see `builtPackage.mts`. */
import { installInto } from '../harness/n8n/builtPackage.mts';
import { exitOnSignals } from '../harness/processes.mts';

const [, , folder] = process.argv;
if (folder === undefined) throw new Error('Name the folder to install the package into');
exitOnSignals();
await installInto(folder);
