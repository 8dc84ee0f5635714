"""Why a cell remembers or forgets, measured on models in memory. Imports population and below."""
