/** Links from one page of the project to another, or to a file or a heading. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { filesIn, PROJECT } from '../harness/project.mts';
import { runForJson } from '../harness/run.mts';
import { PAGES } from './pages.mts';

interface Page {
	links: string[];
	anchors: string[];
}

const docs = PAGES.filter((file) => file.startsWith('docs/'));
const markdown = [...PAGES, ...filesIn('test').filter((file) => file.endsWith('.md'))];
const examples = filesIn('examples').filter((file) => file.endsWith('.json'));
let pages: Record<string, Page>;

const takeApart = async (files: string[]) =>
	await runForJson<Record<string, Page>>([path.join(__dirname, 'markdown.mjs'), ...files], PROJECT);

beforeAll(async () => {
	pages = await takeApart([...markdown, ...examples]);
});

/** Why a link leads nowhere; undefined when it leads somewhere, or out of the project. */
function problemOf(link: string, page: string): string | undefined {
	if (/^(https?|mailto):/.test(link)) return undefined;
	const [file = '', anchor] = decodeURI(link).split('#');
	const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
	if (target.startsWith('..') || !existsSync(path.join(PROJECT, target))) return `${link}: there is no ${target}`;
	return anchor === undefined || pages[target]?.anchors.includes(anchor) ? undefined : `${link}: ${target} has no such heading`;
}

const problemsOf = (links: string[] = [], page: string) => links.flatMap((link) => problemOf(link, page) ?? []);

describe('links', () => {
	it.each([...markdown, ...examples])('lead somewhere in %s', (page) => {
		expect(problemsOf(pages[page]?.links, page)).toEqual([]);
	});

	it('are found in tables and lists too, and told from one another', async () => {
		const folder = await mkdtemp(path.join(tmpdir(), 'links-'));
		const file = path.join(folder, 'page.md');
		await writeFile(file, '# One `two`\n\n| a |\n| --- |\n| [one](a.md) |\n\n## Modica’s answers\n\n- **[two](#b)**\n- ![three](c.png)\n');
		expect(await takeApart([file])).toEqual({ [file]: { links: ['a.md', '#b', 'c.png'], anchors: ['one-two', 'modicas-answers'] } });
		await rm(folder, { recursive: true });
		expect(problemsOf(['gone.md', 'CONTRIBUTING.md#gone', 'CONTRIBUTING.md#tests', 'https://example.com'], 'README.md')).toEqual([
			'gone.md: there is no gone.md',
			'CONTRIBUTING.md#gone: CONTRIBUTING.md has no such heading',
		]);
	});

	it('of the README lead to every page of the docs', () => {
		const files = pages['README.md']?.links.map((link) => link.split('#')[0]);
		expect(docs.filter((file) => !files?.includes(file))).toEqual([]);
	});
});
