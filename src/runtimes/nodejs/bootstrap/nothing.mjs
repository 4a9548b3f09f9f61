// Imported to have the loader of modules at work before there is a function to load.
export const loaded = true;
