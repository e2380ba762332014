/**
 * Loads a package with n8n's own loader, and prints what n8n knows about it as JSON.
 * Runs in a separate process, because Jest replaces `require` and would hide missing modules.
 *
 * Usage: node load.mjs DIRECTORY
 */
import process from 'node:process';
import { PackageDirectoryLoader } from 'n8n-core';

const loader = new PackageDirectoryLoader(process.argv[2]);
await loader.loadAll();
const { known, types, packageName } = loader;
console.log(JSON.stringify({ packageName, known, types }));
