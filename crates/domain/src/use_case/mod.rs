//! What Nachklang does, one verb a file.
