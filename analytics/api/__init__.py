"""The API of analytics: questions to the lake, and a school's exports."""
