/**
 * Loads a package as n8n does, with n8n's own loader, and prints as JSON what n8n then knows of it.
 * A process of its own: Jest replaces `require`, and with it what a missing module would do.
 *
 * Usage: node load.mjs DIRECTORY
 */
import process from 'node:process';
import { PackageDirectoryLoader } from 'n8n-core';

const loader = new PackageDirectoryLoader(process.argv[2]);
await loader.loadAll();
const { known, types, packageName } = loader;
console.log(JSON.stringify({ packageName, known, types }));
