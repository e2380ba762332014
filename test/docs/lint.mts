/** Runs the linters of this folder. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT } from '../harness/project.mts';
import { runForJson } from '../harness/run.mts';

/** `prose` lints pages and workflows, `comments` lints sources. */
type Linter = 'prose' | 'comments';

/** Returns the problems in some files of the project, each with its file and line. */
export async function lintFiles(linter: Linter, files: readonly string[]): Promise<string[]> {
	return await runForJson<string[]>([path.join(__dirname, `${linter}.mjs`), ...files], PROJECT);
}

/**
 * Returns the problems in a text, each starting with its line.
 * @param extension the type of the text, such as `md`
 */
export async function lintText(linter: Linter, text: string, extension: string): Promise<string[]> {
	const folder = await mkdtemp(path.join(tmpdir(), 'lint-'));
	try {
		const file = path.join(folder, `text.${extension}`);
		await writeFile(file, text);
		return (await lintFiles(linter, [file])).map((problem) => problem.replace(`${file}:`, ''));
	} finally {
		await rm(folder, { recursive: true });
	}
}
