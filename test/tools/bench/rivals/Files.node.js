const { createHash, randomBytes } = require('node:crypto');
const { readFileSync, writeFileSync } = require('node:fs');
const { Readable } = require('node:stream');

const CHUNK_BYTES = 64 * 1024;
/** More buffers than are being written to disk at a time. */
const BUFFERS = 32;

/** Creates files of random content, which can't be compressed, and outputs the memory in use afterwards. */
exports.Files = class Files {
	description = {
		displayName: 'Files',
		name: 'files',
		group: ['input'],
		version: 1,
		description: 'Gives files of a size',
		defaults: { name: 'Files' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [
			{ displayName: 'Count', name: 'count', type: 'number', default: 1 },
			{ displayName: 'Megabytes', name: 'megabytes', type: 'number', default: 1 },
		],
	};

	async execute() {
		const count = this.getNodeParameter('count', 0);
		const chunks = this.getNodeParameter('megabytes', 0) * 16;
		// Reuses the same buffers, because garbage created here would count as memory of the next node.
		const inMemory = process.env.N8N_DEFAULT_BINARY_DATA_MODE === 'default';
		const buffers = Array.from({ length: BUFFERS }, () => randomBytes(CHUNK_BYTES));
		const items = [];
		for (let index = 0; index < count; index++) {
			const hash = createHash('sha256');
			function* content() {
				for (let place = 0; place < chunks; place++) {
					const buffer = buffers[place % BUFFERS];
					buffer.writeUInt32BE(place, 0);
					buffer.writeUInt32BE(index, 4);
					hash.update(buffer);
					yield inMemory ? Buffer.from(buffer) : buffer;
				}
			}
			const stream = Readable.from(content(), { highWaterMark: 2 });
			const data = await this.helpers.prepareBinaryData(stream, `file-${index}.pdf`, 'application/pdf');
			items.push({ json: { sha256: hash.digest('hex') }, binary: { data }, pairedItem: { item: 0 } });
		}
		writeFileSync('/proc/self/clear_refs', '5');
		const memory = Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1_024;
		return [items.map((item) => ({ ...item, json: { ...item.json, memory } }))];
	}
};
