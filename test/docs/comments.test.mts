/** Comments follow the same vocabulary as the pages. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { filesIn, PROJECT, sourceFiles } from '../harness/project.mts';
import { runForJson } from '../harness/run.mts';

/** Its comments are those of the API's specification. */
const GENERATED = 'test/contract/generated.d.mts';

const problemsIn = async (files: readonly string[]) => await runForJson<string[]>([path.join(__dirname, 'comments.mjs'), ...files], PROJECT);

describe('comments', () => {
	it('are plain English, with the usual terms and spellings', async () => {
		const ofTests = filesIn('test').filter((file) => /\.m?[jt]s$/.test(file) && file !== GENERATED);
		expect(await problemsIn([...sourceFiles(), ...ofTests])).toEqual([]);
	});

	it('are searched across lines, without code in them or around them', async () => {
		const folder = await mkdtemp(path.join(tmpdir(), 'comments-'));
		const file = path.join(folder, 'source.ts');
		const source = '/**\n * The workflow goes\n * on with `whoever`.\n */\nconst a = /"\\/\\/ thing/;\n// An\n// e-mail\nconst b = `// thus ${a /* quite */}`;';
		await writeFile(file, source);
		const problems = await problemsIn([file]);
		await rm(folder, { recursive: true });
		expect(problems.map((problem) => problem.replace(file, ''))).toEqual([
			':1 “goes on”, use “continues” instead',
			':6 “e-mail”, use “email” instead',
			':8 “quite”, use “the plain adjective” instead',
		]);
	});
});
