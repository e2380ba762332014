/** Checks links between pages, and to files and headings. */
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

const parsePages = async (files: string[]) =>
	await runForJson<Record<string, Page>>([path.join(__dirname, 'markdown.mjs'), ...files], PROJECT);

beforeAll(async () => {
	pages = await parsePages([...markdown, ...examples]);
});

/** The problem with a link, or undefined if its target exists or is outside the project. */
function problemOf(link: string, page: string): string | undefined {
	if (/^(https?|mailto):/.test(link)) return undefined;
	const [file = '', anchor] = decodeURI(link).split('#');
	const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
	if (target.startsWith('..') || !existsSync(path.join(PROJECT, target))) return `${link}: ${target} does not exist`;
	return anchor === undefined || pages[target]?.anchors.includes(anchor) ? undefined : `${link}: ${target} has no such heading`;
}

const problemsOf = (links: string[] = [], page: string) => links.flatMap((link) => problemOf(link, page) ?? []);

describe('links', () => {
	it.each([...markdown, ...examples])('have existing targets in %s', (page) => {
		expect(problemsOf(pages[page]?.links, page)).toEqual([]);
	});

	it('are found in tables and lists, too, and broken ones are reported', async () => {
		const folder = await mkdtemp(path.join(tmpdir(), 'links-'));
		const file = path.join(folder, 'page.md');
		await writeFile(file, '# One `two`\n\n| a |\n| --- |\n| [one](a.md) |\n\n## Modica’s answers\n\n- **[two](#b)**\n- ![three](c.png)\n');
		expect(await parsePages([file])).toEqual({ [file]: { links: ['a.md', '#b', 'c.png'], anchors: ['one-two', 'modicas-answers'] } });
		await rm(folder, { recursive: true });
		expect(problemsOf(['gone.md', 'CONTRIBUTING.md#gone', 'CONTRIBUTING.md#tests', 'https://example.com'], 'README.md')).toEqual([
			'gone.md: gone.md does not exist',
			'CONTRIBUTING.md#gone: CONTRIBUTING.md has no such heading',
		]);
	});

	it('of the README include every page of the documentation', () => {
		const files = pages['README.md']?.links.map((link) => link.split('#')[0]);
		expect(docs.filter((file) => !files?.includes(file))).toEqual([]);
	});
});
