/** Tokenizes Markdown according to CommonMark and GitHub Flavored Markdown. */
export { Lexer, type MarkedToken, type Token, type Tokens } from 'marked';
