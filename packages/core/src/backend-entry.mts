export * from './backend-entry.js';
