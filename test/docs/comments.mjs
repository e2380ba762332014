/** Prints as JSON which terms of the vocabulary the comments of some sources contain: `node comments.mjs FILE…`. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import ts from 'typescript';
import { TERMS } from './vocabulary.mjs';

const terms = TERMS.map(([term, replacement]) => ({ pattern: new RegExp(`\\b(?:${term})\\b`, 'i'), replacement }));

/** Returns the comments of a source with the line of each. */
function commentsIn(source) {
	const tree = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest);
	let code = source;
	// Texts and regular expressions may contain the characters of a comment.
	const blank = (node) => {
		if (node.kind >= ts.SyntaxKind.FirstLiteralToken && node.kind <= ts.SyntaxKind.LastTemplateToken) {
			const start = node.getStart(tree);
			code = code.slice(0, start) + ' '.repeat(node.end - start) + code.slice(node.end);
		}
		ts.forEachChild(node, blank);
	};
	blank(tree);
	// Consecutive line comments are one comment, because a phrase may continue on the next line.
	return Array.from(code.matchAll(/\/\*[^]*?\*\/|(?:\/\/.*(?:\n\s*)?)+/g), ({ 0: comment, index }) => ({
		line: tree.getLineAndCharacterOfPosition(index).line + 1,
		text: comment.replace(/`[^`]*`/g, '``').replace(/\s*\n\s*(?:\*|\/\/)?\s*/g, ' '),
	}));
}

const problems = process.argv.slice(2).flatMap((file) =>
	commentsIn(readFileSync(file, 'utf8')).flatMap(({ line, text }) =>
		terms.flatMap(({ pattern, replacement }) => {
			const [found] = pattern.exec(text) ?? [];
			return found === undefined ? [] : [`${file}:${line} “${found}”, use “${replacement}” instead`];
		}),
	),
);
console.log(JSON.stringify(problems));
