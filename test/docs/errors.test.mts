/** Checks that the guide to error messages contains every message in the sources of the nodes. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { PROJECT, sourceFiles } from '../harness/project.mts';
import { run } from '../harness/run.mts';

const PAGE = 'docs/errors.md';
/** The page without Markdown formatting. */
const page = readFileSync(path.join(PROJECT, PAGE), 'utf8').replace(/\*\*|[*`]/g, '');
const lines = page.split('\n');

/** Texts that are not errors. */
const NO_MESSAGES = [
	// The value of a header.
	'Basic realm="Modica WhatsApp callbacks", charset="UTF-8"',
	// The success message of the credential test.
	'Connected: Modica accepts the username and password',
];

/** Properties with texts for the editor, which test/fast/package/descriptions.test.mts checks. */
const TEXTS_OF_THE_EDITOR = [
	...['displayName', 'placeholder', 'hint', 'action', 'default', 'name', 'header', 'active', 'inactive', 'subtitle', 'outputs'],
	...['eventTriggerDescription', 'activationMessage', 'activationHint', 'waitingNodeTooltip'],
];

/** A text in the sources, with gaps for inserted values. */
interface Text {
	where: string;
	parts: string[];
}

const GAP = '…';
const LONGEST_GAP = 100;

const trees = sourceFiles()
	.filter((file) => file.endsWith('.ts'))
	.map((file) => ts.createSourceFile(file, readFileSync(path.join(PROJECT, file), 'utf8'), ts.ScriptTarget.Latest, true));

function isOfTheEditor(node: ts.Node): boolean {
	if (ts.isVariableDeclaration(node)) return /_HINT$/.test(node.name.getText());
	if (!ts.isPropertyAssignment(node) && !ts.isPropertyDeclaration(node)) return false;
	const name = node.name.getText();
	if (TEXTS_OF_THE_EDITOR.includes(name)) return true;
	// The solution of an error has the same property name.
	const siblings = ts.isObjectLiteralExpression(node.parent) ? node.parent.properties.map((sibling) => sibling.name?.getText()) : [];
	return name === 'description' && siblings.some((sibling) => ['displayName', 'name', 'action'].includes(sibling ?? ''));
}

/** The parts of a text between its gaps, or undefined if the node isn't a text. */
function partsOf(node: ts.Node): string[] | undefined {
	if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text];
	if (!ts.isTemplateExpression(node)) return undefined;
	return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)];
}

/** An n8n expression, markup, or styles. */
const CODE = /^=\{\{|<\/?\w[^>]*>|\{ *[\w-]+: [^}]*; *\}/;

/** Whether a text has at least two words. */
function isProse(parts: string[]): boolean {
	const text = parts.join(GAP);
	return /[a-z]{2,}( …)? [a-z]/i.test(text) && !CODE.test(text);
}

/** Whether a text is part of the answer page's HTML or CSS. */
function isMarkup(parts: string[]): boolean {
	return parts.some((part) => /<\/?[a-z]|\{ [a-z-]+: /i.test(part));
}

function textsOf(tree: ts.SourceFile): Text[] {
	const texts: Text[] = [];
	const visit = (node: ts.Node) => {
		if (isOfTheEditor(node) || ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
		const parts = partsOf(node);
		if (parts && isProse(parts) && !isMarkup(parts) && !parts[0]?.startsWith('e.g. ')) {
			const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
			texts.push({ where: `${tree.fileName}:${line + 1}`, parts });
		}
		ts.forEachChild(node, visit);
	};
	visit(tree);
	return texts;
}

/** Matches a text in the page, with any values in its gaps, and with or without the period at its end. */
function patternOf(parts: string[]): RegExp {
	const escaped = parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/\s+/g, '\\s+'));
	return new RegExp(escaped.join(`.{1,${LONGEST_GAP}}?`).replace(/(\\\.)?(\\s\+)?$/, ''));
}

const texts = trees.flatMap(textsOf).filter(({ parts }) => !NO_MESSAGES.includes(parts.join(GAP)));

describe(PAGE, () => {
	it('is up to date', async () => {
		await run(process.execPath, [path.join(__dirname, '../harness/program.mjs'), path.join(__dirname, 'generate.mts'), '--check'], PROJECT);
	});

	it('is compared with texts from every folder of the package', () => {
		const folders = new Set(texts.map(({ where }) => path.posix.dirname(where)));
		expect([...folders].sort()).toEqual(
			expect.arrayContaining(
				['', '/api', '/callback', '/n8n', '/operations/media', '/operations/message', '/parameters'].map((folder) => `nodes/ModicaWhatsApp${folder}`),
			),
		);
		expect(texts.length).toBeGreaterThan(140);
	});

	it('contains every message of the nodes verbatim', () => {
		const missing = texts.filter(({ parts }) => !patternOf(parts).test(page)).map(({ where, parts }) => `${where}: ${parts.join(GAP)}`);
		expect(missing).toEqual([]);
	});

	it('contains each problem of a field in a row with the name of the field', () => {
		const problems = trees.flatMap(fieldProblems);
		const missing = problems.filter(({ field, problem }) => !lines.some((line) => line.startsWith('|') && line.includes(field) && patternOf(problem).test(line)));
		expect(missing.map(({ field, problem }) => `${field} ${GAP} ${problem.join(GAP)}`)).toEqual([]);
		expect(problems.length).toBeGreaterThan(20);
	});

	it('has no empty cells in its tables', () => {
		const rows = lines.filter((line) => /^\|(?! ---)/.test(line)).map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
		expect(rows.filter((cells) => cells.some((cell) => cell === ''))).toEqual([]);
		expect(rows.length).toBeGreaterThan(60);
	});
});

/** Constants with texts, such as the name of a field that several operations share. */
const constants = new Map<string, string[]>();
for (const tree of trees) {
	const visit = (node: ts.Node) => {
		const parts = ts.isVariableDeclaration(node) && node.initializer && partsOf(node.initializer);
		if (parts) constants.set(node.name.getText(), parts);
		ts.forEachChild(node, visit);
	};
	visit(tree);
}

/** Calls of `invalid('Field', value, 'problem', …)` with literal texts. An empty problem means an empty field. */
function fieldProblems(tree: ts.SourceFile): Array<{ field: string; problem: string[] }> {
	const found: Array<{ field: string; problem: string[] }> = [];
	const visit = (node: ts.Node) => {
		if (ts.isCallExpression(node) && node.expression.getText() === 'invalid') {
			const [field, , problem] = node.arguments.map((argument) => constants.get(argument.getText()) ?? partsOf(argument));
			if (field?.length === 1 && problem) found.push({ field: field.join(), problem: problem.join('') === '' ? ['is empty'] : problem });
		}
		ts.forEachChild(node, visit);
	};
	visit(tree);
	return found;
}
