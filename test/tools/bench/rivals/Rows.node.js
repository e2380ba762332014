/** Outputs the rows of a campaign, each with a number, a text, and a reference. */
exports.Rows = class Rows {
	description = {
		displayName: 'Rows',
		name: 'rows',
		group: ['input'],
		version: 1,
		description: 'Gives the rows of a campaign',
		defaults: { name: 'Rows' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [{ displayName: 'Count', name: 'count', type: 'number', default: 1 }],
	};

	async execute() {
		const count = this.getNodeParameter('count', 0);
		return [
			Array.from({ length: count }, (_, index) => ({
				json: { to: `+6421${1_000_000 + index}`, text: `Hello ${index}`, reference: `order-${index}` },
				pairedItem: { item: 0 },
			})),
		];
	}
};
