/** Takes Markdown apart, by the rules of CommonMark and GitHub. */
export { Lexer, type MarkedToken, type Token, type Tokens } from 'marked';
