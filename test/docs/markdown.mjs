/**
 * Takes pages apart: Markdown files, and the notes of workflows.
 *
 * Usage: node markdown.mjs FILE…, which prints as JSON, by file, where its links lead and which anchors GitHub gives
 * to its headings.
 */
import process from 'node:process';
import GithubSlugger from 'github-slugger';
import { lexer, walkTokens } from 'marked';
import { readPage } from './page.mjs';

function takeApart(file) {
	const slugger = new GithubSlugger();
	const page = { links: [], anchors: [] };
	walkTokens(lexer(readPage(file)), (token) => {
		if (token.type === 'link' || token.type === 'image') page.links.push(token.href);
		if (token.type === 'heading') page.anchors.push(slugger.slug(token.text.replace(/[*`]/g, '')));
	});
	return page;
}

console.log(JSON.stringify(Object.fromEntries(process.argv.slice(2).map((file) => [file, takeApart(file)]))));
