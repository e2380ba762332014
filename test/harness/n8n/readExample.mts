import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { WorkflowFile } from './rest.mts';

/** A workflow from `examples/`, as a user imports it. */
export function readExample(file: string): WorkflowFile {
	return JSON.parse(readFileSync(path.join('examples', file), 'utf8')) as WorkflowFile;
}
