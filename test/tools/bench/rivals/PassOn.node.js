/** Sends nothing and gives an output for each item: what n8n itself takes for the items. */
exports.PassOn = class PassOn {
	description = {
		displayName: 'Pass On',
		name: 'passOn',
		group: ['transform'],
		version: 1,
		description: 'Gives an output for each item',
		defaults: { name: 'Pass On' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [],
	};

	async execute() {
		const toOutput = ({ json }, index) => ({
			json: { id: `message-${index}`, status: 'accepted', to: json.to },
			pairedItem: { item: index },
		});
		return [this.getInputData().map(toOutput)];
	}
};
