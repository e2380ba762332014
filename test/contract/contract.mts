/** Reads openapi.yaml and compiles it into fast checks. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ErrorObject, ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import Ajv2020 from 'ajv/dist/2020';
import { parse } from 'yaml';

/** Path of the OpenAPI document. */
export const CONTRACT_FILE = path.join(import.meta.dirname, 'openapi.yaml');

const CACHE = path.join(import.meta.dirname, '../../node_modules/.cache/test-contract');

export type JsonObject = Record<string, unknown>;

/** A query parameter of an operation. */
interface Parameter {
	name: string;
	in: 'query';
	required?: boolean;
	schema: JsonObject;
}

interface MediaType {
	schema?: JsonObject;
	examples?: Record<string, { value: unknown }>;
}

export interface Operation {
	operationId: string;
	parameters?: Array<Parameter | { $ref: string }>;
	requestBody?: { content: Record<string, MediaType> };
	responses: Record<string, { content?: Record<string, MediaType> } | { $ref: string }>;
}

export interface ContractDocument {
	openapi: string;
	paths: Record<string, Record<string, Operation>>;
	webhooks: Record<string, Record<string, Operation>>;
	components: Record<string, JsonObject> & { schemas: Record<string, JsonObject> };
}

/** One error in a request. */
export interface Violation {
	/** Dotted path of the field, such as `template.buttons.0.index`. Empty for the body as a whole. */
	field: string;
	/** The JSON Schema keyword that failed, such as `pattern`. */
	code: string;
	/** The reason in words, including the limit. */
	description: string;
}

/** Returns the errors in a value, or an empty list if it's valid. */
export type Check = (value: unknown) => Violation[];

/** Checks for the request of one operation. */
export interface RequestChecks {
	query: Check;
	/** Missing if the operation has no JSON body. */
	body?: Check;
}

export interface Contract {
	document: ContractDocument;
	/** Returns the part that a reference, such as `#/components/schemas/E164`, points to. Throws if it doesn't exist. */
	resolve: (pointer: string) => unknown;
	/** Compiles a schema, which may refer to schemas of the document. An invalid schema throws when it's used. */
	check: (schema: JsonObject) => Check;
	/** The request checks of every operation, by operationId. */
	requests: Record<string, RequestChecks>;
}

const METHODS = ['get', 'post', 'patch'];

/**
 * Reads the document. Throws when the file is broken.
 * @param validateSchema whether to check each schema against JSON Schema's own, which only the document's test needs
 */
export function loadContract(validateSchema = false): Contract {
	const document = readDocument();
	// The other strict rules don't fit schemas combined with allOf, as in the reference.
	const ajv = new Ajv2020({ allErrors: true, discriminator: true, strict: true, strictRequired: false, strictTypes: false, validateSchema });
	addFormats(ajv);
	for (const [name, schema] of Object.entries(document.components.schemas)) {
		ajv.addSchema(withoutMappings(schema) as JsonObject, `#/components/schemas/${name}`);
	}

	// Compiled on first use, because most callers use only a few checks.
	const check = (schema: JsonObject): Check => {
		let compiled: Check | undefined;
		return (value) => (compiled ??= toCheck(ajv.compile(schema)))(value);
	};
	const resolve = (pointer: string) => {
		const parts = pointer.replace(/^#?\//, '').split('/');
		const found = parts.reduce<unknown>((node, part) => (node as JsonObject | undefined)?.[unescapePart(part)], document);
		if (found === undefined) throw new Error(`The contract has no ${pointer}`);
		return found;
	};
	const querySchema = (operation: Operation): JsonObject => {
		const parameters = (operation.parameters ?? []).map((parameter) =>
			'$ref' in parameter ? (resolve(parameter.$ref) as Parameter) : parameter,
		);
		return {
			type: 'object',
			properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
			required: parameters.filter(({ required }) => required).map(({ name }) => name),
			additionalProperties: false,
		};
	};

	const requests = Object.fromEntries(
		Object.values(document.paths).flatMap((item) =>
			METHODS.filter((method) => item[method]).map((method) => {
				const operation = item[method] as Operation;
				const body = operation.requestBody?.content['application/json']?.schema;
				const checks: RequestChecks = { query: check(querySchema(operation)), ...(body && { body: check(body) }) };
				return [operation.operationId, checks] as const;
			}),
		),
	);

	return { document, resolve, check, requests };
}

/** Parses the document, or reads what it was parsed to before: most suites start a simulator, which needs it. */
function readDocument(): ContractDocument {
	const text = readFileSync(CONTRACT_FILE, 'utf8');
	const parsed = path.join(CACHE, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json`);
	if (existsSync(parsed)) return JSON.parse(readFileSync(parsed, 'utf8')) as ContractDocument;
	const document = parse(text) as ContractDocument;
	mkdirSync(CACHE, { recursive: true });
	// Renamed into place, so that another process never reads half of it.
	writeFileSync(`${parsed}.${process.pid}`, JSON.stringify(document));
	renameSync(`${parsed}.${process.pid}`, parsed);
	return document;
}

const unescapePart = (part: string) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');

/** Ajv chooses the variant by its `const` and rejects OpenAPI's `mapping`. */
function withoutMappings(node: unknown): unknown {
	if (Array.isArray(node)) return node.map(withoutMappings);
	if (typeof node !== 'object' || node === null) return node;
	return Object.fromEntries(
		Object.entries(node).map(([key, value]) => [
			key,
			key === 'discriminator' ? { propertyName: (value as JsonObject).propertyName } : withoutMappings(value),
		]),
	);
}

// These keywords only repeat that a nested error exists.
const WRAPPERS = new Set(['if', 'oneOf', 'anyOf']);

function toCheck(validate: ValidateFunction): Check {
	return (value) => {
		if (validate(value)) return [];
		const errors = validate.errors ?? [];
		const telling = errors.filter(({ keyword }) => !WRAPPERS.has(keyword));
		return (telling.length > 0 ? telling : errors).map(toViolation);
	};
}

function toViolation({ instancePath, keyword, message = 'is wrong', params }: ErrorObject): Violation {
	const { missingProperty, additionalProperty, unevaluatedProperty, tag, allowedValues } = params as Record<string, string | undefined> & {
		allowedValues?: string[];
	};
	const key = missingProperty ?? additionalProperty ?? unevaluatedProperty ?? (keyword === 'discriminator' ? tag : undefined);
	return {
		field: [...instancePath.split('/').slice(1).map(unescapePart), ...(key === undefined ? [] : [key])].join('.'),
		code: keyword,
		description: allowedValues ? `${message}: ${allowedValues.join(', ')}` : message,
	};
}
