/**
 * Parses pages: Markdown files, and the sticky notes of workflows.
 *
 * `node markdown.mjs FILE…` prints, as JSON for each file, the targets of its links and the anchors that GitHub creates
 * for its headings.
 */
import process from 'node:process';
import GithubSlugger from 'github-slugger';
import { lexer, walkTokens } from 'marked';
import { readPage } from './page.mjs';

function parsePage(file) {
	const slugger = new GithubSlugger();
	const page = { links: [], anchors: [] };
	walkTokens(lexer(readPage(file)), (token) => {
		if (token.type === 'link' || token.type === 'image') page.links.push(token.href);
		if (token.type === 'heading') page.anchors.push(slugger.slug(token.text.replace(/[*`]/g, '')));
	});
	return page;
}

console.log(JSON.stringify(Object.fromEntries(process.argv.slice(2).map((file) => [file, parsePage(file)]))));
