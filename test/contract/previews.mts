/**
 * The output of each operation of the action node, as n8n's editor shows it before the first run. Responses of the API come
 * from openapi.yaml. Fields that the node adds are listed here. `test/fast/node/previews.test.mts` compares the result with
 * the real output. n8n shows no previews for triggers.
 */
import path from 'node:path';
import { loadContract, type JsonObject } from './contract.mts';

/** Where n8n looks for previews: `v<version of the node>/<resource>/<operation>.json`. */
export const PREVIEW_FOLDER = path.resolve(import.meta.dirname, '../../nodes/ModicaWhatsApp/__schema__');

/** The preview of one operation's output item. */
export interface Preview {
	resource: string;
	operation: string;
	file: string;
	schema: JsonObject;
}

const TEXT = { type: 'string' };
const BOOLEAN = { type: 'boolean' };
const NUMBER = { type: 'number' };

/** The previews of all operations. */
export function previews(): Preview[] {
	const contract = loadContract();
	const component = (name: string) => simplify(contract.resolve(`#/components/schemas/${name}`), contract.resolve);
	const [to, id, mediaId, status] = ['E164', 'Uuid', 'MediaId', 'MessageStatus'].map(component);
	const receipt = { id, status, to, reference: TEXT, preview: TEXT };

	const outputs: Record<string, Record<string, JsonObject>> = {
		media: {
			download: item({ id: mediaId, fileName: TEXT, mimeType: component('MediaMimeType'), fileSize: TEXT }),
			upload: item({ id: mediaId }),
		},
		message: {
			broadcast: item({ ...receipt, message: TEXT }),
			// As the API returns it, with the fields that Simplify adds.
			get: item({ ...(component('MessageDetails').properties as Record<string, JsonObject>), text: TEXT, mediaId }),
			markAsRead: item({ id, read: BOOLEAN }),
			send: item({ ...receipt, parts: { type: 'array', items: item({ id, status }) } }),
			sendAndWait: item({
				id,
				to,
				reference: TEXT,
				preview: TEXT,
				data: item({ approved: BOOLEAN, choice: TEXT, choiceIndex: NUMBER, text: TEXT, answeredIn: TEXT, respondedAt: TEXT, timedOut: BOOLEAN }),
			}),
		},
		service: {
			checkHealth: item({ healthy: BOOLEAN }),
		},
	};
	return Object.entries(outputs).flatMap(([resource, operations]) =>
		Object.entries(operations).map(([operation, schema]) => ({
			resource,
			operation,
			file: path.join(PREVIEW_FOLDER, 'v1.0.0', resource, `${operation}.json`),
			schema,
		})),
	);
}

function item(properties: Record<string, JsonObject | undefined>): JsonObject {
	return { type: 'object', properties };
}

/** The names and types of a schema with references resolved, which is all that a preview shows. */
function simplify(schema: unknown, resolve: (pointer: string) => unknown): JsonObject {
	const { $ref, type, properties, items } = schema as JsonObject & { $ref?: string };
	if ($ref !== undefined) return simplify(resolve($ref), resolve);
	return {
		type,
		...(properties !== undefined && {
			properties: Object.fromEntries(
				Object.entries(properties as JsonObject).map(([name, property]) => [name, simplify(property, resolve)]),
			),
		}),
		...(items !== undefined && { items: simplify(items, resolve) }),
	};
}
