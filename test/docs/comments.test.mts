/** Comments follow the same vocabulary as the pages. */
import { filesIn, sourceFiles } from '../harness/project.mts';
import { lintFiles, lintText } from './lint.mts';

/** Its comments are those of the API's specification. */
const GENERATED = 'test/contract/generated.d.mts';

describe('comments', () => {
	it('are plain English, with the usual terms and spellings', async () => {
		const ofTests = filesIn('test').filter((file) => /\.m?[jt]s$/.test(file) && file !== GENERATED);
		expect(await lintFiles('comments', [...sourceFiles(), ...ofTests])).toEqual([]);
	});

	it('are searched across lines, without code in them or around them', async () => {
		const source = '/**\n * The workflow goes\n * on with `whoever`.\n */\nconst a = /"\\/\\/ thing/;\n// An\n// e-mail\nconst b = `// thus ${a /* quite */}`;';
		expect(await lintText('comments', source, 'ts')).toEqual([
			'1 “goes on”, use “continues” instead',
			'6 “e-mail”, use “email” instead',
			'8 “quite”, use “the plain adjective” instead',
		]);
	});
});
